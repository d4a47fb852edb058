package shop

// paste: func TestScaleUp(
