SELECT name AS Name FROM system.databases WHERE startsWith(name, {prefix:String})
