insert into resolved (epoch, sequence, district_commit)
select epoch, sequence, district_commit
from receipt
where epoch = :epoch and sequence = :sequence
on conflict do nothing
