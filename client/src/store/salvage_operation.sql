-- no ruling is asked for: what is salvaged has none
select operation.*, place.form, place.period, null as district_commit
from operation
join place on place.id = operation.place
where operation.id = :id
