// SPDX-License-Identifier: MIT
// Matrix products: every transposition, leading dimensions, scalars, refusals.
#include <cublas_v2.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "launch.h"

namespace {

constexpr int kM = 5, kN = 3, kK = 7, kPad = 2;

class Cublas : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(cublasCreate(&handle_), CUBLAS_STATUS_SUCCESS); }
  void TearDown() override { EXPECT_EQ(cublasDestroy(handle_), CUBLAS_STATUS_SUCCESS); }
  cublasHandle_t handle_ = nullptr;
};

/// Small integers; NaN in the padding below each column.
template <class T>
std::vector<T> matrix(int rows, int columns) {
  std::vector<T> values(static_cast<std::size_t>((rows + kPad) * columns),
                        std::numeric_limits<T>::quiet_NaN());
  for (int j = 0; j < columns; ++j) {
    for (int i = 0; i < rows; ++i) values[j * (rows + kPad) + i] = T((i * 3 + j * 5) % 7 - 3);
  }
  return values;
}

template <class T, class Product>
void check_all_transpositions(Product product) {
  for (const auto op_a : {CUBLAS_OP_N, CUBLAS_OP_T}) {
    for (const auto op_b : {CUBLAS_OP_N, CUBLAS_OP_T}) {
      const int rows_a = op_a == CUBLAS_OP_N ? kM : kK, rows_b = op_b == CUBLAS_OP_N ? kK : kN;
      const auto a = matrix<T>(rows_a, kM + kK - rows_a), b = matrix<T>(rows_b, kK + kN - rows_b);
      const auto c = matrix<T>(kM, kN);
      DeviceArray<T> device_a(a), device_b(b), device_c(c);
      const T alpha = 2, beta = 3;
      ASSERT_EQ(product(op_a, op_b, &alpha, device_a.data(), rows_a + kPad, device_b.data(),
                        rows_b + kPad, &beta, device_c.data(), kM + kPad),
                CUBLAS_STATUS_SUCCESS);
      const std::vector<T> got = device_c.host();
      for (int j = 0; j < kN; ++j) {
        for (int i = 0; i < kM; ++i) {
          T sum = 0;
          for (int p = 0; p < kK; ++p) {
            sum += (op_a == CUBLAS_OP_N ? a[p * (rows_a + kPad) + i] : a[i * (rows_a + kPad) + p]) *
                   (op_b == CUBLAS_OP_N ? b[j * (rows_b + kPad) + p] : b[p * (rows_b + kPad) + j]);
          }
          EXPECT_EQ(got[j * (kM + kPad) + i], alpha * sum + beta * c[j * (kM + kPad) + i]);
        }
      }
    }
  }
}

TEST_F(Cublas, SgemmIsExactOnSmallIntegers) {
  check_all_transpositions<float>([&](auto op_a, auto op_b, auto alpha, auto a, int lda, auto b,
                                      int ldb, auto beta, auto c, int ldc) {
    return cublasSgemm(handle_, op_a, op_b, kM, kN, kK, alpha, a, lda, b, ldb, beta, c, ldc);
  });
}

TEST_F(Cublas, DgemmIsExactOnSmallIntegers) {
  check_all_transpositions<double>([&](auto op_a, auto op_b, auto alpha, auto a, int lda, auto b,
                                       int ldb, auto beta, auto c, int ldc) {
    return cublasDgemm(handle_, op_a, op_b, kM, kN, kK, alpha, a, lda, b, ldb, beta, c, ldc);
  });
}

TEST_F(Cublas, GemmExIsExactOnSmallIntegers) {
  check_all_transpositions<float>([&](auto op_a, auto op_b, auto alpha, auto a, int lda, auto b,
                                      int ldb, auto beta, auto c, int ldc) {
    return cublasGemmEx(handle_, op_a, op_b, kM, kN, kK, alpha, a, CUDA_R_32F, lda, b, CUDA_R_32F,
                        ldb, beta, c, CUDA_R_32F, ldc, CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT);
  });
}

TEST_F(Cublas, IsOneFusedChainInAscendingK) {
  std::vector<float> a(40 * 9), b(40);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = std::sin(static_cast<float>(i));
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = std::cos(3.0f * static_cast<float>(i));
  DeviceArray<float> device_a(a), device_b(b), device_c(9);
  const float one = 1, zero = 0;
  ASSERT_EQ(cublasSgemm(handle_, CUBLAS_OP_N, CUBLAS_OP_N, 9, 1, 40, &one, device_a.data(), 9,
                        device_b.data(), 40, &zero, device_c.data(), 9),
            CUBLAS_STATUS_SUCCESS);
  const std::vector<float> c = device_c.host();  // beta == 0: its NaN was not read
  for (int i = 0; i < 9; ++i) {
    float chain = 0;
    for (int p = 0; p < 40; ++p) chain = std::fma(a[p * 9 + i], b[p], chain);
    EXPECT_EQ(c[i], chain);
  }
}

TEST_F(Cublas, BatchesStepByTheirStrides) {
  DeviceArray<float> a(std::vector<float>{1, 2, 3}), b(std::vector<float>{10}), c(3);
  const float one = 1, zero = 0;
  ASSERT_EQ(cublasSgemmStridedBatched(handle_, CUBLAS_OP_N, CUBLAS_OP_N, 1, 1, 1, &one, a.data(), 1,
                                      1, b.data(), 1, 0, &zero, c.data(), 1, 1, 3),
            CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(c.host(), (std::vector<float>{10, 20, 30}));
}

TEST_F(Cublas, RefusesBadArguments) {
  DeviceArray<float> a(4);
  const float one = 1;
  const auto product = [&](int m, int lda) {
    return cublasSgemm(handle_, CUBLAS_OP_N, CUBLAS_OP_N, m, 2, 2, &one, a.data(), lda, a.data(), 2,
                       &one, a.data(), 2);
  };
  EXPECT_EQ(product(-1, 2), CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(product(2, 1), CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(product(0, 2), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(cublasSetPointerMode(handle_, CUBLAS_POINTER_MODE_DEVICE), CUBLAS_STATUS_NOT_SUPPORTED);
  EXPECT_EQ(cublasDestroy(nullptr), CUBLAS_STATUS_NOT_INITIALIZED);
  EXPECT_STREQ(cublasGetStatusName(CUBLAS_STATUS_NOT_SUPPORTED), "CUBLAS_STATUS_NOT_SUPPORTED");
}

TEST_F(Cublas, AMatrixThatIsTooSmallIsAFault) {
  DeviceArray<float> a(3), c(std::vector<float>{0, 0, 0, 0});
  const float one = 1;
  ASSERT_EQ(cublasSgemm(handle_, CUBLAS_OP_N, CUBLAS_OP_N, 2, 2, 2, &one, a.data(), 2, a.data(), 2,
                        &one, c.data(), 2),
            CUBLAS_STATUS_SUCCESS);
  testing::internal::CaptureStderr();
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("cuBLAS"), std::string::npos);
  cudaGetLastError();
  cudaDeviceReset();
}

}  // namespace
