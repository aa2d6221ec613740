select *
from place
join operation on operation.place = place.id
left join receipt on receipt.operation = operation.id
where form = :form and period = :period
  and operation.id not in (select moved.operation from moved)
order by operation.id
