package topology

// Only is p with some of its steps, for tests that leave others out.
func (p *Plan) Only(keep func(step int) bool) *Plan {
	part := *p
	prepared := *p.prepared
	part.prepared, prepared.tasks = &prepared, nil
	for _, t := range p.prepared.tasks {
		if t.step == noStep || keep(t.step) {
			prepared.tasks = append(prepared.tasks, t)
		}
	}
	return &part
}
