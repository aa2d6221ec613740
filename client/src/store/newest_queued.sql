-- within each form and period, sqlite takes the other columns from the row of the maximum
select *, max(epoch * 1000000000000 + sequence) as newest
from operation
left join receipt using (epoch, sequence)
where district_commit is null
group by form, period
order by epoch, sequence
