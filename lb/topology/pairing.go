package topology

// pairing is which items of two lists are one and the same.
type pairing struct {
	live, want []int // as many as there are pairs
	gone, made []int // of live and of want: the others
}

// pair pairs what has the same key, the first with the first where several have it.
func pair[K comparable](live, want []K) pairing {
	free := make(map[K][]int, len(live))
	for i, key := range live {
		free[key] = append(free[key], i)
	}
	var p pairing
	taken := make([]bool, len(live))
	for j, key := range want {
		if len(free[key]) == 0 {
			p.made = append(p.made, j)
			continue
		}
		p.live, p.want = append(p.live, free[key][0]), append(p.want, j)
		taken[free[key][0]] = true
		free[key] = free[key][1:]
	}
	for i := range live {
		if !taken[i] {
			p.gone = append(p.gone, i)
		}
	}
	return p
}

// each visits the second list in its order, with what each of it is in the first, and then
// what is in the first alone. An index is -1 where there is none.
func (p pairing) each(visit func(i, j int)) {
	was := make([]int, len(p.want)+len(p.made))
	for _, j := range p.made {
		was[j] = -1
	}
	for k, j := range p.want {
		was[j] = p.live[k]
	}
	for j, i := range was {
		visit(i, j)
	}
	for _, i := range p.gone {
		visit(i, -1)
	}
}
