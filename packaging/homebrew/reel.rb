# SPDX-License-Identifier: MIT
# Homebrew's formula. Until there is a release it builds what a checkout has committed:
#
#   HOMEBREW_REEL_GIT=$PWD brew install --HEAD ./packaging/homebrew/reel.rb
class Reel < Formula
  desc "Tensors, a reverse-mode tape and training in C, with PyTorch's numbers"
  homepage "https://localhost/reel"
  license "MIT"
  head ENV.fetch("HOMEBREW_REEL_GIT", Dir.pwd), using: :git

  depends_on "cmake" => :build
  depends_on "pkgconf" => :build
  depends_on "libcsv"
  depends_on "libpng"
  depends_on "libzip"
  depends_on "openblas"

  on_macos do
    depends_on "argp-standalone"
  end

  def install
    system "cmake", "-S", ".", "-B", "build", "-DREEL_BUILD_TESTS=OFF", "-DREEL_BUILD_EXAMPLES=OFF",
                    "-DREEL_BUILD_BENCH=OFF", *std_cmake_args
    system "cmake", "--build", "build"
    system "cmake", "--install", "build"
  end

  test do
    (testpath/"test.c").write <<~C
      #include <reel/reel.h>
      int main(void) {
          reel *r = reel_new();
          double sum = reel_item(reel_sum(reel_ones(r, REEL_F32, REEL_SHAPE(2, 3))));
          reel_free(r);
          return sum != 6;
      }
    C
    system ENV.cc, "-std=c11", "test.c", "-I#{include}", "-L#{lib}", "-lreel", "-o", "test"
    system "./test"
    assert_match "reel #{version}", shell_output("#{bin}/reel --version") unless build.head?
  end
end
