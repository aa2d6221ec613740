select district_commit
from receipt
where history = (select history from folder)
order by operation desc
limit 1
