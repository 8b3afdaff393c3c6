// SPDX-License-Identifier: MIT
// cublasLtMatmul: transpositions, epilogues, rounding, algorithms and refusals. Small integers, so
// every value is exact.
#include <cublasLt.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "launch.h"

namespace {

constexpr int kLtM = 13, kLtN = 6, kLtK = 9, kLtPad = 3;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

struct Matrix {
  int rows, columns;
  std::vector<float> values;
  int ld() const { return rows + kLtPad; }
  float at(int i, int j) const { return values[j * ld() + i]; }
  float op(bool transpose, int i, int j) const { return transpose ? at(j, i) : at(i, j); }
};

/// Small integers; NaN below each column.
Matrix matrix(int rows, int columns, int seed) {
  Matrix x{rows, columns, {}};
  x.values.assign(x.ld() * columns, kNan);
  for (int j = 0; j < columns; ++j) {
    for (int i = 0; i < rows; ++i) {
      x.values[j * x.ld() + i] = static_cast<float>((i * 3 + j * 5 + i * j * seed + seed) % 7 - 3);
    }
  }
  return x;
}

/// One product; the caller changes what it wants changed before run().
class Product {
 public:
  explicit Product(bool transpose_a = false, bool transpose_b = false,
                   cublasComputeType_t compute = CUBLAS_COMPUTE_32F)
      : transpose_a(transpose_a),
        transpose_b(transpose_b),
        a(transpose_a ? matrix(kLtK, kLtM, 1) : matrix(kLtM, kLtK, 1)),
        b(transpose_b ? matrix(kLtN, kLtK, 2) : matrix(kLtK, kLtN, 2)),
        c(matrix(kLtM, kLtN, 3)),
        device_a(a.values),
        device_b(b.values),
        device_c(c.values),
        device_d(std::vector<float>(c.values.size(), kNan)) {
    cublasLtCreate(&handle);
    cublasLtMatmulDescCreate(&description, compute, CUDA_R_32F);
    set(CUBLASLT_MATMUL_DESC_TRANSA, std::int32_t{transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N});
    set(CUBLASLT_MATMUL_DESC_TRANSB, std::int32_t{transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N});
    const Matrix* const matrices[] = {&a, &b, &c, &c};
    for (int i = 0; i < 4; ++i) {
      cublasLtMatrixLayoutCreate(&layouts[i], CUDA_R_32F, matrices[i]->rows, matrices[i]->columns,
                                 matrices[i]->ld());
    }
    cublasLtMatmulPreferenceCreate(&preference);
  }
  ~Product() {
    cublasLtMatmulPreferenceDestroy(preference);
    for (const auto layout : layouts) cublasLtMatrixLayoutDestroy(layout);
    cublasLtMatmulDescDestroy(description);
    cublasLtDestroy(handle);
    cudaGetLastError();
  }
  Product(const Product&) = delete;
  Product& operator=(const Product&) = delete;

  template <class T>
  void set(cublasLtMatmulDescAttributes_t attribute, T value) {
    ASSERT_EQ(cublasLtMatmulDescSetAttribute(description, attribute, &value, sizeof value),
              CUBLAS_STATUS_SUCCESS);
  }
  void set_epilogue(cublasLtEpilogue_t epilogue, const void* bias, const void* mask = nullptr) {
    set(CUBLASLT_MATMUL_DESC_EPILOGUE, static_cast<std::uint32_t>(epilogue));
    set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias);
    set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER, mask);
    set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD, std::int64_t{128});
  }
  std::vector<cublasLtMatmulHeuristicResult_t> find(int requested = 3) {
    std::vector<cublasLtMatmulHeuristicResult_t> results(requested);
    int found = -1;
    status =
        cublasLtMatmulAlgoGetHeuristic(handle, description, layouts[0], layouts[1], layouts[2],
                                       layouts[3], preference, requested, results.data(), &found);
    results.resize(found);
    return results;
  }
  cublasStatus_t run(const cublasLtMatmulAlgo_t* algorithm = nullptr, void* workspace = nullptr,
                     std::size_t bytes = 0, cudaStream_t stream = nullptr) {
    return cublasLtMatmul(handle, description, &alpha, device_a.data(), layouts[0],
                          device_b.data() + shift_b, layouts[1], &beta, device_c.data(), layouts[2],
                          device_d.data(), layouts[3], algorithm, workspace, bytes, stream);
  }
  float sum(int i, int j) const {
    float total = 0;
    for (int p = 0; p < kLtK; ++p) total += a.op(transpose_a, i, p) * b.op(transpose_b, p, j);
    return alpha * total + (beta != 0 ? beta * c.at(i, j) : 0);
  }
  /// Compares D with expected(i, j), and sees the padding untouched.
  template <class Expected>
  void expect(Expected expected) const {
    const Matrix d{kLtM, kLtN, device_d.host()};
    for (int j = 0; j < kLtN; ++j) {
      for (int i = 0; i < kLtM; ++i) EXPECT_EQ(d.at(i, j), expected(i, j)) << i << ' ' << j;
      for (int i = kLtM; i < kLtM + kLtPad; ++i) EXPECT_TRUE(std::isnan(d.at(i, j)));
    }
  }

  bool transpose_a, transpose_b;
  Matrix a, b, c;
  DeviceArray<float> device_a, device_b, device_c, device_d;
  float alpha = 1, beta = 0;
  int shift_b = 0;
  cublasLtHandle_t handle;
  cublasLtMatmulDesc_t description;
  cublasLtMatrixLayout_t layouts[4];
  cublasLtMatmulPreference_t preference;
  cublasStatus_t status = CUBLAS_STATUS_SUCCESS;
};

float relu(float x) { return x > 0 ? x : 0; }

TEST(CublasLt, MultipliesEveryTransposition) {
  for (const bool transpose_a : {false, true}) {
    for (const bool transpose_b : {false, true}) {
      Product product(transpose_a, transpose_b);
      product.alpha = 2;
      product.beta = 3;
      ASSERT_EQ(product.run(), CUBLAS_STATUS_SUCCESS);
      product.expect([&](int i, int j) { return product.sum(i, j); });
      product.beta = 0;
      ASSERT_EQ(product.run(), CUBLAS_STATUS_SUCCESS);
      product.expect([&](int i, int j) { return product.sum(i, j); });
    }
  }
}

TEST(CublasLt, AddsABiasAndRectifies) {
  std::vector<float> bias(kLtM);
  for (int i = 0; i < kLtM; ++i) bias[i] = static_cast<float>(i * 5 % 11 - 5);
  DeviceArray<float> device_bias(bias);
  Product product;
  product.set_epilogue(CUBLASLT_EPILOGUE_BIAS, device_bias.data());
  ASSERT_EQ(product.run(), CUBLAS_STATUS_SUCCESS);
  product.expect([&](int i, int j) { return product.sum(i, j) + bias[i]; });
  product.set_epilogue(CUBLASLT_EPILOGUE_RELU, nullptr);
  ASSERT_EQ(product.run(), CUBLAS_STATUS_SUCCESS);
  product.expect([&](int i, int j) { return relu(product.sum(i, j)); });
  product.set_epilogue(CUBLASLT_EPILOGUE_RELU_BIAS, device_bias.data());
  ASSERT_EQ(product.run(), CUBLAS_STATUS_SUCCESS);
  product.expect([&](int i, int j) { return relu(product.sum(i, j) + bias[i]); });
}

/// The mask that a forward product leaves is the one that a backward product reads.
TEST(CublasLt, KeepsAMaskForTheWayBack) {
  std::vector<float> bias(kLtM, 1.0f);
  DeviceArray<float> device_bias(bias), gradient(kLtM);
  DeviceArray<unsigned char> mask(16 * kLtN);
  for (const bool with_bias : {false, true}) {
    Product forward, backward(true, false);
    forward.set_epilogue(with_bias ? CUBLASLT_EPILOGUE_RELU_AUX_BIAS : CUBLASLT_EPILOGUE_RELU_AUX,
                         device_bias.data(), mask.data());
    ASSERT_EQ(forward.run(), CUBLAS_STATUS_SUCCESS);
    const auto before = [&](int i, int j) { return forward.sum(i, j) + (with_bias ? 1.0f : 0.0f); };
    forward.expect([&](int i, int j) { return relu(before(i, j)); });
    const std::vector<unsigned char> bits = mask.host();
    for (int j = 0; j < kLtN; ++j) {
      for (int i = 0; i < kLtM; ++i) {
        EXPECT_EQ(bits[(i + 128 * j) / 8] >> (i + 128 * j) % 8 & 1, before(i, j) > 0);
      }
    }
    const auto passed = [&](int i, int j) { return before(i, j) > 0 ? backward.sum(i, j) : 0.0f; };
    backward.set_epilogue(CUBLASLT_EPILOGUE_DRELU, nullptr, mask.data());
    ASSERT_EQ(backward.run(), CUBLAS_STATUS_SUCCESS);
    backward.expect(passed);
    backward.set_epilogue(CUBLASLT_EPILOGUE_DRELU_BGRAD, gradient.data(), mask.data());
    ASSERT_EQ(backward.run(), CUBLAS_STATUS_SUCCESS);
    backward.expect(passed);
    const std::vector<float> got = gradient.host();
    for (int i = 0; i < kLtM; ++i) {
      float sum = 0;
      for (int j = 0; j < kLtN; ++j) sum += passed(i, j);
      EXPECT_EQ(got[i], sum);
    }
  }
}

TEST(CublasLt, SumsItsOperandsOverK) {
  for (const bool transposed : {false, true}) {
    Product product(transposed, transposed);
    DeviceArray<float> sums_a(kLtM), sums_b(kLtN);
    product.set_epilogue(CUBLASLT_EPILOGUE_BGRADA, sums_a.data());
    ASSERT_EQ(product.run(), CUBLAS_STATUS_SUCCESS);
    product.set_epilogue(CUBLASLT_EPILOGUE_BGRADB, sums_b.data());
    ASSERT_EQ(product.run(), CUBLAS_STATUS_SUCCESS);
    product.expect([&](int i, int j) { return product.sum(i, j); });
    const std::vector<float> a = sums_a.host(), b = sums_b.host();
    for (int i = 0; i < kLtM; ++i) {
      float sum = 0;
      for (int p = 0; p < kLtK; ++p) sum += product.a.op(transposed, i, p);
      EXPECT_EQ(a[i], sum);
    }
    for (int j = 0; j < kLtN; ++j) {
      float sum = 0;
      for (int p = 0; p < kLtK; ++p) sum += product.b.op(transposed, p, j);
      EXPECT_EQ(b[j], sum);
    }
  }
}

TEST(CublasLt, FastTypesRoundWhatTheyRead) {
  const float third = 1.0f / 3;
  struct Case {
    cublasComputeType_t compute;
    float rounded;
  };
  for (const auto& [compute, rounded] :
       {Case{CUBLAS_COMPUTE_32F, third}, Case{CUBLAS_COMPUTE_32F_PEDANTIC, third},
        Case{CUBLAS_COMPUTE_32F_FAST_TF32, 0x1.554p-2f},
        Case{CUBLAS_COMPUTE_32F_FAST_16BF, 0x1.56p-2f}}) {
    Product product(false, false, compute);
    std::vector<float> a(product.a.values.size(), 0.0f), b(product.b.values.size(), 0.0f);
    a[0] = third;
    b[0] = 1;
    cudaMemcpy(product.device_a.data(), a.data(), product.device_a.bytes(), cudaMemcpyHostToDevice);
    cudaMemcpy(product.device_b.data(), b.data(), product.device_b.bytes(), cudaMemcpyHostToDevice);
    ASSERT_EQ(product.run(), CUBLAS_STATUS_SUCCESS);
    EXPECT_EQ(product.device_d.host()[0], rounded) << compute;
  }
}

TEST(CublasLt, AnAlgorithmServesTheProblemItWasFoundFor) {
  Product product;
  EXPECT_EQ(product.find().size(), 1u);
  const std::uint64_t megabyte = 1 << 20;
  cublasLtMatmulPreferenceSetAttribute(product.preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
                                       &megabyte, sizeof megabyte);
  EXPECT_EQ(product.find(1).size(), 1u);
  const auto found = product.find();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[1].workspaceSize, 0u);
  DeviceArray<float> workspace(std::vector<float>(kLtM * kLtN, 5.0f));
  ASSERT_EQ(found[0].workspaceSize, workspace.bytes());
  EXPECT_EQ(product.run(&found[0].algo, workspace.data(), workspace.bytes() - 1),
            CUBLAS_STATUS_INVALID_VALUE);
  ASSERT_EQ(product.run(&found[0].algo, workspace.data(), workspace.bytes()),
            CUBLAS_STATUS_SUCCESS);
  product.expect([&](int i, int j) { return product.sum(i, j); });
  EXPECT_TRUE(std::isnan(workspace.host()[0]));

  product.shift_b = 1;  // 4 bytes, where 256 were promised
  EXPECT_EQ(product.run(&found[1].algo), CUBLAS_STATUS_NOT_SUPPORTED);
  const std::uint32_t four = 4;
  cublasLtMatmulPreferenceSetAttribute(
      product.preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, &four, sizeof four);
  EXPECT_EQ(product.run(&product.find()[1].algo), CUBLAS_STATUS_SUCCESS);
  product.shift_b = 0;
  EXPECT_EQ(product.run(&found[1].algo), CUBLAS_STATUS_SUCCESS);
  product.set_epilogue(CUBLASLT_EPILOGUE_RELU, nullptr);
  EXPECT_EQ(product.run(&found[1].algo), CUBLAS_STATUS_NOT_SUPPORTED);
  cudaDeviceReset();  // drops the shifted product, which would read past its matrix
}

TEST(CublasLt, RunsOnItsStreamAndIsCaptured) {
  Product product;
  cudaStream_t stream;
  ASSERT_EQ(cudaStreamCreate(&stream), cudaSuccess);
  ASSERT_EQ(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), cudaSuccess);
  ASSERT_EQ(product.run(nullptr, nullptr, 0, stream), CUBLAS_STATUS_SUCCESS);
  cudaGraph_t graph;
  cudaGraphExec_t executable;
  ASSERT_EQ(cudaStreamEndCapture(stream, &graph), cudaSuccess);
  ASSERT_EQ(cudaGraphInstantiate(&executable, graph), cudaSuccess);
  EXPECT_TRUE(std::isnan(product.device_d.host()[0]));
  ASSERT_EQ(cudaGraphLaunch(executable, stream), cudaSuccess);
  ASSERT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
  product.expect([&](int i, int j) { return product.sum(i, j); });
  cudaGraphExecDestroy(executable);
  cudaGraphDestroy(graph);
  cudaStreamDestroy(stream);
}

TEST(CublasLt, RefusesWhatTheLibraryRefuses) {
  const auto status_after = [](auto change) {
    Product product;
    change(product);
    product.find();
    EXPECT_EQ(product.status, product.run());
    return product.status;
  };
  const auto epilogue = [](std::uint32_t value, std::int64_t mask_ld, std::size_t mask) {
    return [=](Product& product) {
      product.set(CUBLASLT_MATMUL_DESC_EPILOGUE, value);
      product.set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD, mask_ld);
      product.set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER, reinterpret_cast<void*>(mask));
    };
  };
  EXPECT_EQ(status_after(epilogue(32, 0, 0)), CUBLAS_STATUS_NOT_SUPPORTED);  // GELU
  EXPECT_EQ(status_after(epilogue(2 | 128, 64, 0)), CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(status_after(epilogue(2 | 128, 0, 0)), CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(status_after(epilogue(2 | 128, 128, 8)), CUBLAS_STATUS_INVALID_VALUE);
  const auto layout = [](int which, cublasLtMatrixLayoutAttribute_t attribute, auto value) {
    return [=](Product& product) {
      EXPECT_EQ(
          cublasLtMatrixLayoutSetAttribute(product.layouts[which], attribute, &value, sizeof value),
          CUBLAS_STATUS_SUCCESS);
    };
  };
  EXPECT_EQ(status_after(layout(0, CUBLASLT_MATRIX_LAYOUT_COLS, std::uint64_t{kLtK + 1})),
            CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(status_after(layout(1, CUBLASLT_MATRIX_LAYOUT_LD, std::int64_t{kLtK - 1})),
            CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(status_after(layout(3, CUBLASLT_MATRIX_LAYOUT_ORDER, std::int32_t{CUBLASLT_ORDER_ROW})),
            CUBLAS_STATUS_NOT_SUPPORTED);
  Product in_double(false, false, CUBLAS_COMPUTE_64F);
  EXPECT_EQ(in_double.run(), CUBLAS_STATUS_NOT_SUPPORTED);
  const std::int64_t wide = CUBLAS_OP_T;
  EXPECT_EQ(cublasLtMatmulDescSetAttribute(in_double.description, CUBLASLT_MATMUL_DESC_TRANSA,
                                           &wide, sizeof wide),
            CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(cublasLtDestroy(nullptr), CUBLAS_STATUS_NOT_INITIALIZED);
}

TEST(CublasLt, AMissingBiasIsAFault) {
  Product product;
  product.set_epilogue(CUBLASLT_EPILOGUE_BIAS, nullptr);
  ASSERT_EQ(product.run(), CUBLAS_STATUS_SUCCESS);
  testing::internal::CaptureStderr();
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("the bias of a cuBLASLt product"),
            std::string::npos);
  cudaGetLastError();
  cudaDeviceReset();
}

}  // namespace
