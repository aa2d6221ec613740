-- Histories that the district does not go by any more, as this folder learned itself.
create table left_history (
  history blob primary key check (length(history) = 16)
) strict, without rowid;
