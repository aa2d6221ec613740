select *
from operation
join place on place.id = operation.place
left join receipt on receipt.operation = operation.id
where operation.id between :first and :last
  and operation.id not in (select moved.operation from moved)
order by operation.id
