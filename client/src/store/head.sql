select sequence, chain
from operation
where id between :first and :last
order by id desc
limit 1
