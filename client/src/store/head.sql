select sequence, chain
from operation
where epoch = :epoch
order by sequence desc
limit 1
