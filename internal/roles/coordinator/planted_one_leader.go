//go:build mutant_one_leader

package coordinator

// plantedFollowersLead is a planted bug: a coordinator announces itself as the leader before it leads.
const plantedFollowersLead = true
