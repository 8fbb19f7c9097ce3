// Package mat reads arrays of numbers from MATLAB files of level 5 (saved with -v6 or -v7), compressed or not, in either
// byte order. Arrays of other kinds (text, structures, cells, sparse ones) are passed over. Nothing is held in memory
// but the array that is asked for.
//
// Format: "MAT-File Format", The MathWorks, level 5.
package mat
