"""unpack_wheel.py WHEEL FOLDER cpu|cuda: unpacks the parts of a wheel that a C++ program needs.

That is shared libraries, headers and licences; no Python, no static libraries. Runs on Python 3.8.
"""

import re
import sys
import zipfile

WANTED = re.compile(r"torch/lib/[^/]+\.so[^/]*|torch/include/.+|nvidia/.+\.so[^/]*|nvidia/.+/include/.+"
                    r"|nvidia/.+LICENSE.*|[^/]+\.dist-info/licenses/.+")
# These serve Python only.
PYTHON = re.compile(r".+\.py|torch/lib/lib(torch_python|shm|torch_global_deps)\.so")
# libtorch_cpu.so needs none of these; they could not be loaded without the other packages of NVIDIA.
CUDA = re.compile(r"torch/lib/lib(torch|torch_cuda|torch_cuda_linalg|torch_nvshmem|c10_cuda|caffe2_nvrtc)\.so")


def wanted(name, profile):
    return (WANTED.fullmatch(name) and not PYTHON.fullmatch(name)
            and not (profile == "cpu" and CUDA.fullmatch(name)))


def main():
    wheel, folder, profile = sys.argv[1:]
    try:
        with zipfile.ZipFile(wheel) as archive:
            for member in archive.infolist():
                if wanted(member.filename, profile):
                    archive.extract(member, folder)
    except (OSError, zipfile.BadZipFile) as error:
        sys.exit(f"unpack_wheel.py: {wheel}: {error}")


main()
