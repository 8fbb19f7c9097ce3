package train

import "time"

// pace tells what a process's first step costs beyond a step: engines compile a graph when it is first called.
type pace struct {
	first, rest time.Duration
	steps       int64 // in rest
}

func (p *pace) took(step time.Duration) {
	if p.first == 0 {
		p.first = step
		return
	}
	p.rest += step
	p.steps++
}

// compile returns by how much the first step was longer than the average of the others. It is 0 before the second step.
func (p *pace) compile() time.Duration {
	if p.steps == 0 {
		return 0
	}
	return max(0, p.first-p.rest/time.Duration(p.steps))
}
