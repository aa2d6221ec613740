-- newest_of.sql: a device's submissions, newest first; the unique index gives them in this order
select *
from submission
where device = :device
order by epoch desc, sequence desc
