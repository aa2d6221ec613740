select *
from filed
where period = :period
  and history = (select history from folder)
order by district_commit
