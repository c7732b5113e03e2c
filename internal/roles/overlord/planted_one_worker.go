//go:build mutant_one_worker

package overlord

// plantedAssignsTwice is a planted bug: a task is assigned to every worker.
const plantedAssignsTwice = true
