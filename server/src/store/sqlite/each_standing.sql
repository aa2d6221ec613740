-- each_standing.sql: the submissions that stand; in the order of the journal, which is the order on disk
select submission.*
from standing
join submission on submission.seq = standing.seq
where standing.seq <= :bound
