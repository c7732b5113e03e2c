package peon

import "oakmoot/internal/druid"

// taskReports is what an index task leaves behind for
// /druid/indexer/v1/task/{id}/reports: IngestionStatsAndErrorsTaskReport.
type taskReports struct {
	Ingestion ingestionReport `json:"ingestionStatsAndErrors"`
}

type ingestionReport struct {
	TaskID  string           `json:"taskId"`
	Payload ingestionPayload `json:"payload"`
	Type    string           `json:"type"`
}

type ingestionPayload struct {
	IngestionState    string             `json:"ingestionState"`
	UnparseableEvents byPhase[[]string]  `json:"unparseableEvents"`
	RowStats          byPhase[rowTotals] `json:"rowStats"`
	ErrorMsg          *string            `json:"errorMsg"`
}

// report returns the task's final report; errorMsg is empty after a success.
func (p *progress) report(taskID, errorMsg string) ([]byte, error) {
	payload := ingestionPayload{RowStats: p.rowStats(true).Totals}
	if p.maxSaved > 0 {
		payload.UnparseableEvents = p.unparseableEvents(true)
	}
	if errorMsg != "" {
		payload.ErrorMsg = &errorMsg
	}
	p.mu.Lock()
	payload.IngestionState = p.state
	p.mu.Unlock()
	return druid.Marshal(taskReports{ingestionReport{taskID, payload, "ingestionStatsAndErrors"}})
}
