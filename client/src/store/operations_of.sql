select *
from place
join operation on operation.place = place.id
left join receipt on receipt.operation = operation.id
where form = :form and period = :period
order by operation.id
