select *
from operation
left join receipt using (epoch, sequence)
where form = :form and period = :period
order by epoch, sequence
