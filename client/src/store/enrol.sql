update folder
set device = :device, unit = :unit, history = :history, admission = :admission, quarantined = 0
