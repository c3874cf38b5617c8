# SPDX-License-Identifier: MIT
# Conan's recipe, for Conan 2, from the sources that it lies in: conan create packaging/conan
import os
import re

from conan import ConanFile
from conan.tools.cmake import CMake, CMakeToolchain
from conan.tools.files import copy, load, rm, rmdir
from conan.tools.system.package_manager import Apt, Brew, Dnf

TOP = ("..", "..")


class Reel(ConanFile):
    name = "reel"
    license = "MIT"
    description = "Tensors, a reverse-mode tape and training in C, with PyTorch's numbers"
    topics = ("machine-learning", "tensors", "autograd", "training", "c")
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False], "with_io": [True, False], "with_npz": [True, False],
               "with_png": [True, False]}
    # Files take libcsv, libzip and libpng, which are the system's: ConanCenter has no libcsv.
    default_options = {"shared": False, "with_io": True, "with_npz": True, "with_png": True}

    def set_version(self):
        top = os.path.join(self.recipe_folder, *TOP)
        config = os.path.join(top, "include", "reel", "config.h")
        if os.path.exists(config):
            part = "define REEL_VERSION_%s +([0-9]+)"
            text = load(self, config)
            self.version = ".".join(
                re.search(part % name, text)[1] for name in ("MAJOR", "MINOR", "PATCH"))
        else:
            text = load(self, os.path.join(top, "CMakeLists.txt"))
            self.version = re.search(r"project\(reel VERSION ([0-9.]+)", text)[1]

    def export_sources(self):
        top = os.path.join(self.recipe_folder, *TOP)
        for pattern in ("CMakeLists.txt", "LICENSE", "CHANGELOG.md", "cmake/*", "include/*", "src/*",
                        "docs/licences.md", "packaging/debian/*"):
            copy(self, pattern, top, self.export_sources_folder)

    def config_options(self):
        if not self.options.with_io:
            self.options.with_npz = False
            self.options.with_png = False

    def configure(self):
        self.settings.rm_safe("compiler.cppstd") # it is C
        self.settings.rm_safe("compiler.libcxx")

    def layout(self):
        self.folders.source = "."
        self.folders.build = os.path.join("build", str(self.settings.build_type))
        self.folders.generators = os.path.join(self.folders.build, "generators")

    def system_requirements(self):
        if self.options.with_io:
            zip_too, png_too = bool(self.options.with_npz), bool(self.options.with_png)
            Apt(self).install(["libcsv-dev"] + ["libzip-dev"] * zip_too + ["libpng-dev"] * png_too)
            Dnf(self).install(["libcsv-devel"] + ["libzip-devel"] * zip_too + ["libpng-devel"] * png_too)
            Brew(self).install(["libcsv"] + ["libzip"] * zip_too + ["libpng"] * png_too)

    def generate(self):
        toolchain = CMakeToolchain(self)
        for name in ("TESTS", "EXAMPLES", "BENCH", "CLI"):
            toolchain.cache_variables["REEL_BUILD_" + name] = False
        toolchain.cache_variables["REEL_WITH_IO"] = bool(self.options.with_io)
        toolchain.cache_variables["REEL_WITH_NPZ"] = bool(self.options.with_npz)
        toolchain.cache_variables["REEL_WITH_PNG"] = bool(self.options.with_png)
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        copy(self, "licences.md", os.path.join(self.source_folder, "docs"),
             os.path.join(self.package_folder, "licenses"))
        for folder in ("share", os.path.join("lib", "cmake"), os.path.join("lib", "pkgconfig")):
            rmdir(self, os.path.join(self.package_folder, folder)) # Conan writes its own
        for pattern in ("*.a",) if self.options.shared else ("*.so*", "*.dylib"):
            rm(self, pattern, os.path.join(self.package_folder, "lib"))

    def package_info(self):
        self.cpp_info.libs = ["reel"]
        self.cpp_info.set_property("cmake_file_name", "reel")
        self.cpp_info.set_property("cmake_target_name", "reel::reel")
        self.cpp_info.set_property("pkg_config_name", "reel")
        if not self.options.shared:
            self.cpp_info.system_libs = ["m", "dl", "pthread"]
            if self.options.with_io:
                self.cpp_info.system_libs += ["csv"]
