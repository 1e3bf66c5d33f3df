SELECT name AS Name FROM system.columns WHERE database = currentDatabase() AND table = {relation:String} ORDER BY position
