/// Random numbers as a pure function of seed, stream and position (Philox 4x32-10).
///
/// Block b of a stream is philox4x32-10 of the counter (b mod 2^32, b / 2^32, stream mod 2^32,
/// stream / 2^32) under the key (seed mod 2^32, seed / 2^32): four 32-bit words w0 .. w3, or the
/// two 64-bit words w0 + 2^32 w1 and w2 + 2^32 w3. Number i of a stream stems from block i / 4 if
/// it is a float and from block i / 2 otherwise, so
/// - filling a range in pieces gives the same numbers as filling it in one go;
/// - two routines given overlapping blocks of one stream give dependent numbers: keep them apart by
///   stream or by `first`.
///
/// Promises every number has the same bits on every target and machine: the transforms use integer
///         operations, +, -, *, / and sqrt alone, in one fixed order, without fused multiply-adds
/// Cost    one pass; no allocation. With AVX2, 10 rounds of 7 operations (2 multiplications) make 64 bytes; with
///         what follows 64 bytes of uniform numbers take 73 vector operations, 18 cycles at four a cycle.
///         Arithmetic binds, not memory
/// Source  Salmon, Moraes, Dror, Shaw (2011), Parallel random numbers: as easy as 1, 2, 3
#ifndef SURPLUS_KERNELS_PHILOX_H_
#define SURPLUS_KERNELS_PHILOX_H_

#include <cstddef>
#include <cstdint>

namespace surplus::kernels {

/// out[i] = 64-bit word number first + i.
void philox_bits(std::uint64_t seed, std::uint64_t stream, std::uint64_t first, std::size_t n,
                 std::uint64_t* out);

/// out[i] = the uppermost 24 (float) or 53 (double) bits of word number first + i, of 32 or 64
/// bits, as a fraction: uniform on [0, 1) in multiples of 2^-24 or 2^-53.
void philox_uniform(std::uint64_t seed, std::uint64_t stream, std::uint64_t first, std::size_t n,
                    float* out);
void philox_uniform(std::uint64_t seed, std::uint64_t stream, std::uint64_t first, std::size_t n,
                    double* out);

/// out[i] = standard normal number first + i. Each pair of words (v, w) of B = 32 or 64 bits gives
/// two, numbers 2 p and 2 p + 1 (Box-Muller):
///   sqrt(-2 log u) cos(2 pi a)  and  sqrt(-2 log u) sin(2 pi a),  a = w / 2^B,
///   u = (v + 1/2) / 2^32, rounded to float, or (floor(v / 2^11) + 1) / 2^53 in double
/// Error   |error| <= 6 eps times the exact value of the formula at that u
/// Promises no number exceeds 6.77 (float) or 8.58 (double) in magnitude
/// Cost    plus one logarithm, sine, cosine, division and square root per pair
void philox_normal(std::uint64_t seed, std::uint64_t stream, std::uint64_t first, std::size_t n,
                   float* out);
void philox_normal(std::uint64_t seed, std::uint64_t stream, std::uint64_t first, std::size_t n,
                   double* out);

}  // namespace surplus::kernels

#endif  // SURPLUS_KERNELS_PHILOX_H_
