# paste: go get github.com/lbkit/lbkit
