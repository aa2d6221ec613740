-- What the marks of all rows add up to, by the part that is proven together, so that a row that was changed, lost or put
-- back by a failing disk is noticed. The triggers that keep it are made by the program, over all columns there are.
create table whole (
  part text primary key,
  sum  blob not null check (length(sum) = 16)
) strict, without rowid;
