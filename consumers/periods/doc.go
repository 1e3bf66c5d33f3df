// Package periods closes reporting periods: it keeps their figures as they were approved, and tells what came later.
package periods
