// Package bench measures package decode on a directory of clips: the work of
// action recognition (16 frames at stride 4 from the middle, short side to
// 224, centre crop, RGB) on a few workers, exactness checked first.
//
// corpora.sh builds directories to measure. In peers, peer.py does the same work with torchcodec, decord, PyAV and
// OpenCV, verify.py compares their frames with padapter's, and compare.py lets all take turns and prints ratios.
package bench
