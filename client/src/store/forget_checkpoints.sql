-- the oldest and the newest say most: of what lies between, every other one may go
delete from checkpoint
where (select count(*) from checkpoint) > :most
  and (history, district_commit) in (
    select history, district_commit
    from (select *, row_number() over (order by told_ms, district_commit) as place from checkpoint)
    where place % 2 = 0
  )
