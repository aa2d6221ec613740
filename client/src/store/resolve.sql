insert into resolved (operation, district_commit)
select operation, district_commit
from receipt
where operation = :operation
on conflict do nothing
