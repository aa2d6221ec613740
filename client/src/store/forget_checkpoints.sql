-- the oldest and the newest say most: of what lies between, every other one may go; a history's newest is what the district is
-- greeted with
delete from checkpoint
where (select count(*) from checkpoint) > :most
  and (history, district_commit) in (
    select history, district_commit
    from (select *, row_number() over (order by told_ms, district_commit) as place from checkpoint)
    where place % 2 = 0
  )
  and (history, district_commit) not in (select history, max(district_commit) from checkpoint group by history)
