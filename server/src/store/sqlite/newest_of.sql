-- newest_of.sql: a device's submissions, those of its newest epoch first; the unique index gives them in this order
select *
from submission
where device = :device and epoch < :below
order by epoch desc, sequence desc
