select *
from receipt
join operation on operation.id = receipt.operation
join place on place.id = operation.place
order by district_commit, operation.id
