package topology

import (
	"fmt"
	"io"
	"io/fs"

	"github.com/lbkit/lbkit/internal/keypair"
	"github.com/lbkit/lbkit/lb"
)

// maxFile is how much of a file ReadFiles takes: chains are a few KiB.
const maxFile = 1 << 20

// ReadFiles reads the files that s's certificates name: PEMFile into PEM and KeyFile
// into Key, in place of what is there. Names are slash-separated paths inside of files,
// as io/fs has them: neither a leading slash nor ".." gets out of it. An os.Root's FS
// keeps symbolic links inside, too, which os.DirFS does not.
//
// Every fault is reported at once, as lb.Problems with the path of the field and the
// name of the file: one that cannot be opened (errors.Is finds fs.ErrNotExist), that
// is no PEM, whose chain is out of order, that holds a private key beside the
// certificates, or a key that is not the certificate's. Then s is left as it was. No
// error holds any part of a key.
func (s *Spec) ReadFiles(files fs.FS) error {
	read := make([]lb.CertificateSpec, len(s.Certificates))
	var problems lb.Problems
	for i, c := range s.Certificates {
		var faults lb.Problems
		read[i], faults = c.readFiles(files, fmt.Sprintf("certificates[%d]", i))
		problems = append(problems, faults...)
	}
	if len(problems) > 0 {
		return problems
	}
	for i := range read {
		s.Certificates[i].CertificateSpec = read[i]
	}
	return nil
}

// readFiles is the certificate with what its files hold.
func (c Certificate) readFiles(files fs.FS, path string) (lb.CertificateSpec, lb.Problems) {
	f := &fileReader{files: files}
	out := lb.Clone(c.CertificateSpec)
	var chain keypair.Chain
	if c.PEMFile != "" {
		f.read(path+".pemFile", c.PEMFile, func(text string) (err error) {
			chain, err = keypair.ParseChain(text)
			out.PEM = text
			return err
		})
	}
	if c.KeyFile != "" {
		intact := len(f.problems) == 0
		f.read(path+".keyFile", c.KeyFile, func(text string) error {
			key, err := keypair.ParseKey(text)
			if err == nil && intact && len(chain) > 0 && !key.Belongs(chain[0]) {
				err = fmt.Errorf("is not the key of the first certificate of %s", c.PEMFile)
			}
			out.Key = lb.NewSecret(text)
			return err
		})
	}
	return out, f.problems
}

// fileReader reads files and collects what is wrong with them.
type fileReader struct {
	files    fs.FS
	problems lb.Problems
}

// read hands the content of the file that the field at path names to use.
func (f *fileReader) read(path, name string, use func(text string) error) {
	text, err := readFile(f.files, name)
	if err != nil {
		problem := invalid(lb.KindCertificate, path, fmt.Sprintf("file %q cannot be read", name))
		problem.Err = err
		f.problems = append(f.problems, problem)
		return
	}
	if err := use(text); err != nil {
		f.problems = append(f.problems, invalid(lb.KindCertificate, path, fmt.Sprintf("file %q: %v", name, err)))
	}
}

var errOutside = fmt.Errorf("a path leads to files inside of the folder, without a leading slash and without ..: %w", fs.ErrInvalid)

func readFile(files fs.FS, name string) (string, error) {
	if !fs.ValidPath(name) {
		return "", errOutside
	}
	file, err := files.Open(name)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }() // nothing was written
	b, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return "", err
	}
	if len(b) > maxFile {
		return "", fmt.Errorf("larger than %d KiB", maxFile>>10)
	}
	return string(b), nil
}
