select *
from filed
where verdict = 'accepted'
  and history = (select history from folder)
order by district_commit
