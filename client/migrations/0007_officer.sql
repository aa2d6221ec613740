-- How the officer has named himself; each report that is handed in bears it.
alter table folder add column officer text not null default '';
