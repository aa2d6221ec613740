-- standing.sql: what stands for a unit, form and period
select seq, last
from standing
where period = :period and form = :form and unit = :unit
