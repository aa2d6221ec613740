select *
from operation
join receipt using (epoch, sequence)
order by district_commit, epoch, sequence
