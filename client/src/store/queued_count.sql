select (select count(*) from operation) - (select count(*) from receipt) as queued
