insert into draft_cell (form, period, element, value)
values (:form, :period, :element, :value)
