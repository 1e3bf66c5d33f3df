SELECT lab FROM labs ORDER BY lab
