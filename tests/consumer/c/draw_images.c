// SPDX-License-Identifier: MIT
// Draws images from a generator's file, as text and as a file of floats:
// draw_images MODEL COUNT SEED OUT
#include <inttypes.h>
#include <kiln/kiln.h>
#include <stdio.h>
#include <stdlib.h>

static int failed(const char* why) {
  fprintf(stderr, "draw_images: %s\n", why);
  return 1;
}

static void print(const float* pixels, int64_t height, int64_t width) {
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) putchar(" .:-=+*#%@"[(int)(pixels[y * width + x] * 9.99f)]);
    putchar('\n');
  }
}

int main(int argc, char** argv) {
  if (argc != 5) return failed("usage: draw_images MODEL COUNT SEED OUT");
  const int64_t count = strtoll(argv[2], NULL, 10);
  const uint64_t seed = strtoull(argv[3], NULL, 10);

  kiln_generator* generator = kiln_load(argv[1], "auto");
  if (generator == NULL) return failed(kiln_last_error());
  const int64_t height = kiln_height(generator), width = kiln_width(generator);
  const size_t size = (size_t)(count * height * width);

  float* pixels = malloc(size * sizeof *pixels);
  if (pixels == NULL) return failed("out of memory");
  if (kiln_generate(generator, count, seed, KILN_LABELS_IN_TURN, 0, pixels) != 0) {
    return failed(kiln_last_error());
  }
  kiln_free(generator);

  printf("%" PRId64 " images of %" PRId64 "x%" PRId64 ", the first:\n", count, width, height);
  print(pixels, height, width);
  FILE* out = fopen(argv[4], "wb");
  if (out == NULL) return failed("cannot write the file");
  const int complete = fwrite(pixels, sizeof *pixels, size, out) == size;
  if (fclose(out) != 0 || !complete) return failed("cannot write the file");
  free(pixels);
  return 0;
}
