-- each_standing.sql: the submissions that stand, in the order of the journal, so that the file is read from end to end
select submission.*
from standing
join submission on submission.seq = standing.seq
where standing.seq <= :bound
order by standing.seq
