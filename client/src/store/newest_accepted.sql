-- within each form and period, sqlite takes the other columns from the row of the maximum
select *, max(district_commit) as newest
from operation
join receipt using (epoch, sequence)
where verdict = 'accepted'
group by form, period
order by epoch, sequence
