// Package bench measures package decode on a directory of clips: the work of
// action recognition (16 frames at stride 4 from the middle, short side to
// 224, centre crop, RGB) on a few workers, exactness checked first.
//
// corpora.sh builds directories to measure, peers.py does the same work with
// PyAV and OpenCV, compare.py lets all take turns and prints ratios.
package bench
