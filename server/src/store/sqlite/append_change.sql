-- append_change.sql: a change is entered once and never changes
insert into change (seq, kind, year, body, who)
values (:seq, :kind, :year, :body, :who)
