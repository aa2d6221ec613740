select *
from filed
where seal is not null
  and history != (select history from folder)
order by device, epoch, sequence
