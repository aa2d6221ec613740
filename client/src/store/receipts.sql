-- what is handed in under another number keeps what was told of it until that is ruled on
select *
from receipt
join operation on operation.id = receipt.operation
join place on place.id = operation.place
where not exists (
  select 1
  from moved
  join operation as later on later.place = operation.place and later.id > operation.id
  join receipt as anew on anew.operation = later.id
  where moved.operation = operation.id
    and later.fingerprint = operation.fingerprint
)
order by district_commit, operation.id
