-- In the order of the days, so that a rebuild goes through one partition after the other.
SELECT DISTINCT toString(lab), toString(kind), local_day FROM event_store ORDER BY local_day
